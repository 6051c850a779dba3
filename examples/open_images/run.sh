#!/bin/sh
set -e
cd "$(dirname "$0")"
python draw.py
caffe new detector data.yaml --out work/vehicles --redo
caffe train work/vehicles
caffe test work/vehicles
caffe detect work/vehicles 'work/data/validation/*0.jpg' --out work/found
