#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe convert_imageset --shuffle work/images work/train.txt work/train_lmdb --redo
caffe convert_imageset work/images work/test.txt work/test_lmdb --redo
caffe train --solver solver.prototxt
caffe report --model train_test.prototxt --weights work/clothes_iter_300.caffemodel --out work/report
