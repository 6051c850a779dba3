"""Dataset readers: folders of images and labels to lists, for VOC, COCO, Open Images, YOLO."""
