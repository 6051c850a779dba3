#!/bin/sh
set -e
cd "$(dirname "$0")"
mkdir -p work
cd work
caffe make_dataset faces faces --train 400 --redo
caffe train --solver ../solver.prototxt
caffe test zoo:arcface_faces/train_test.prototxt --weights arcface_iter_360.caffemodel --metric pairs --pairs faces/pairs.txt --iterations 12
