#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe make_shapes work/shapes --train 400 --test 100 --redo
caffe new detector work/shapes --out work/shapes_detector --redo
caffe train work/shapes_detector
caffe detect work/shapes_detector work/moving.avi --track --out work/found
