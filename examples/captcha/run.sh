#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe new detector work/captchas --out work/clicks --redo
caffe train work/clicks
caffe detect work/clicks work/unseen --out work/found
python clicks.py work/found/detections.json A E K
caffe export work/clicks --to onnx --out work/clicks.onnx
