#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe make_shapes work/shapes --train 300 --test 60 --redo
caffe new detector work/shapes --size 240x320 --out work/first --redo
caffe train work/first
caffe new detector work/shelves --size 240x320 --out work/products --redo
cat frozen.prototxt >> work/products/solver.prototxt
caffe train work/products --weights "$(ls -t work/first/snapshots/*.caffemodel | head -n 1)" --skip-mismatch
