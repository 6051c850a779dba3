#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
for task in first_train first_test second_train second_test; do
  caffe convert_imageset --gray --shuffle --resize_width=24 --resize_height=24 work/images work/$task.txt work/${task}_lmdb --redo
done
caffe train --solver first_solver.prototxt
caffe train --solver second_solver.prototxt --weights work/first_iter_200.caffemodel
caffe test --model second.prototxt --weights work/second_best.caffemodel --iterations 9
