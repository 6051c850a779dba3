#!/bin/sh
set -e
cd "$(dirname "$0")"
caffe make_shapes work/shapes --segmentation --train 300 --test 60 --redo
caffe new segmenter work/shapes --out work/scenes --redo
caffe train work/scenes
caffe segment work/scenes 'work/shapes/JPEGImages/00035*.jpg' --out work/found
