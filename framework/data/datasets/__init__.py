"""From folders of images and labels to lists: VOC, COCO, Open Images, YOLO."""
