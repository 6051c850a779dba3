#!/bin/sh
set -e
cd "$(dirname "$0")"
caffe make_shapes work/shapes --segmentation --train 200 --test 40 --redo
python draw.py
for split in trainval test; do
  caffe convert_imageset --resize_width=96 --resize_height=96 work/shapes/JPEGImages work/${split}_JPEGImages.txt work/${split}_images_lmdb --redo
  caffe convert_imageset --gray --resize_width=96 --resize_height=96 work/edges work/${split}_edges.txt work/${split}_edges_lmdb --redo
done
caffe train --solver solver.prototxt
python show.py
