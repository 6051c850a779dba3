#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe convert_imageset --gray --shuffle --resize_width=28 --resize_height=28 work/images work/train.txt work/train_lmdb --redo
caffe convert_imageset --gray --resize_width=28 --resize_height=28 work/images work/test.txt work/test_lmdb --redo
caffe train --solver solver.prototxt
caffe test --model train_test.prototxt --weights work/digits_iter_300.caffemodel --iterations 3
