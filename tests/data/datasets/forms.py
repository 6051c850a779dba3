"""One small data set in each form that is recognised."""

from __future__ import annotations

import json
from pathlib import Path

XML = ("<annotation><size><width>56</width><height>40</height></size><object><name>{}</name>"
       "<bndbox><xmin>5</xmin><ymin>6</ymin><xmax>25</xmax><ymax>36</ymax></bndbox></object>"
       "</annotation>")
HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def coco(*names: str) -> str:
    return json.dumps({
        "images": [{"id": index, "file_name": name, "width": 56, "height": 40}
                   for index, name in enumerate(names)],
        "annotations": [{"image_id": index, "category_id": 7, "bbox": [5, 6, 20, 30]}
                        for index in range(len(names))],
        "categories": [{"id": 7, "name": "cat"}]})


def task(image: str, *values: dict) -> dict:
    results = [{"to_name": "image", "type": "rectanglelabels", "value": value,
                "original_width": 56, "original_height": 40} for value in values]
    return {"id": 1, "data": {"image": image}, "predictions": [],
            "annotations": [{"id": 3, "was_cancelled": False, "result": results}]}


def percent(x: float, y: float, width: float, height: float, rotation: float = 0,
            labels: tuple[str, ...] = ("cat",)) -> dict:
    return {"x": x, "y": y, "width": width, "height": height, "rotation": rotation,
            "rectanglelabels": list(labels)}


def cvat(*images: str) -> str:
    return ("<?xml version='1.0'?><annotations><version>1.1</version><meta><task><labels><label>"
            "<name>cat</name></label></labels></task></meta>" + "".join(images) + "</annotations>")


def cvat_image(name: str, inner: str, subset: str = "") -> str:
    return (f'<image id="0" name="{name}" width="56" height="40" subset="{subset}">{inner}</image>')


def labelme(image: str, *shapes: tuple[str, list]) -> str:
    return json.dumps({"version": "5.0", "imagePath": image, "imageData": None, "imageWidth": 56,
                       "imageHeight": 40, "shapes": [
                           {"label": "cat", "shape_type": kind, "points": points}
                           for kind, points in shapes]})


def supervisely(*objects: dict) -> str:
    return json.dumps({"description": "", "tags": [], "size": {"height": 40, "width": 56},
                       "objects": list(objects)})


def vott(image: str, *regions: dict) -> dict:
    return {"asset": {"name": image, "path": f"file:/photos/{image}",
                      "size": {"width": 56, "height": 40}}, "regions": list(regions)}


RECTANGLE = {"classTitle": "cat", "geometryType": "rectangle",
             "points": {"exterior": [[25, 6], [5, 36]], "interior": []}}
CLASSES = {"VisDrone": "car", "WIDER FACE": "face"}     # of the forms, where it is not cat
CVAT_BOX = '<box label="cat" occluded="0" xtl="5.5" ytl="6" xbr="25" ybr="36" z_order="0"></box>'
FORMS = {
    "VOC": {"JPEGImages/a.jpg": "", "Annotations/a.xml": XML.format("cat"),
            "JPEGImages/b.jpg": "", "Annotations/b.xml": XML.format("cat"),
            "ImageSets/Main/train.txt": "a\n", "ImageSets/Main/val.txt": "b\n"},
    "VOC annotations": {"train/a.jpg": "", "train/a.xml": XML.format("cat"),
                        "test/b.JPG": "", "test/b.xml": XML.format("cat")},
    "COCO": {"annotations/instances_train2017.json": coco("a.jpg"), "train2017/a.jpg": "",
             "annotations/instances_val2017.json": coco("b.jpg"), "val2017/b.jpg": "",
             "annotations/captions_val2017.json": '{"images": [], "annotations": []}'},
    "YOLO, Ultralytics' data.yaml": {
        "data.yaml": "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cat']\n",
        "train/images/a.jpg": "", "train/labels/a.txt": "0 0.5 0.5 0.2 0.2\n",
        "valid/images/b.jpg": "", "valid/labels/b.txt": "0 0.5 0.5 0.2 0.2\n"},
    "YOLO": {"classes.txt": "cat\n",
             "images/train/a.jpg": "", "labels/train/a.txt": "0 0.5 0.5 0.2 0.2\n",
             "images/val/b.jpg": "", "labels/val/b.txt": "0 0.5 0.5 0.2 0.2\n"},
    "Open Images": {
        "train-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\na,cat,.1,.5,.2,.9\n",
        "test-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\nb,cat,.1,.5,.2,.9\n",
        "train/a.jpg": "", "test/b.jpg": ""},
    "Label Studio": {
        "export.json": json.dumps([task("/data/upload/1/0a1b2c3d-a.jpg", percent(10, 20, 30, 40)),
                                   task("/data/local-files/?d=images/test/b.jpg",
                                        percent(10, 20, 30, 40))]),
        "images/train/a.jpg": "", "images/test/b.jpg": ""},
    "labelme": {
        "train/a.json": labelme("a.jpg", ("rectangle", [[5, 6], [25, 36]])), "train/a.jpg": "",
        "test/b.json": labelme("..\\\\b.jpg", ("rectangle", [[25, 36], [5, 6]])),
        "test/b.jpg": ""},
    "Create ML": {
        f"{folder}/_annotations.createml.json": json.dumps([{"image": f"{name}.jpg", "annotations":
            [{"label": "cat", "coordinates": {"x": 15, "y": 21, "width": 20, "height": 30}}]}])
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"train/a.jpg": "", "test/b.jpg": ""},
    "VIA": {
        f"{folder}/via.json": json.dumps({f"{name}.jpg99": {
            "filename": f"{name}.jpg", "size": 99, "file_attributes": {}, "regions": [
                {"shape_attributes": {"name": "rect", "x": 5, "y": 6, "width": 20, "height": 30},
                 "region_attributes": {"label": "cat"}}]}})
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"train/a.jpg": "", "test/b.jpg": ""},
    "CVAT for images": {
        "annotations.xml": cvat(cvat_image("a.jpg", CVAT_BOX, "Train"),
                                cvat_image("deep/b.jpg", CVAT_BOX, "Test")),
        "images/a.jpg": "", "images/deep/b.jpg": ""},
    "Datumaro": {
        f"annotations/{folder}.json": json.dumps({
            "categories": {"label": {"labels": [{"name": "cat", "parent": ""}]}},
            "items": [{"id": name, "image": {"path": f"{name}.jpg", "size": [40, 56]},
                       "annotations": [{"type": "bbox", "label_id": 0, "group": 0,
                                        "bbox": [5, 6, 20, 30]}]}]})
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"images/train/a.jpg": "", "images/test/b.jpg": ""},
    "Supervisely": {
        "meta.json": json.dumps({"classes": [{"title": "cat", "shape": "rectangle"}], "tags": []}),
        "train/ann/a.jpg.json": supervisely(RECTANGLE), "train/img/a.jpg": "",
        "test/ann/b.jpg.json": supervisely(RECTANGLE), "test/img/b.jpg": ""},
    "VoTT": {
        f"{folder}-export.json": json.dumps({"tags": [{"name": "cat"}], "assets": {"0f": vott(
            f"{name}.jpg", {"type": "RECTANGLE", "tags": ["cat"], "boundingBox":
                            {"left": 5, "top": 6, "width": 20, "height": 30}})}})
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"source/a.jpg": "", "source/b.jpg": ""},
    "CSV of AutoML and Vertex AI": {
        "data.csv": "TRAIN,gs://bucket/a.jpg,cat,.1,.2,,,.5,.9,,\n"
                    "TEST,gs://bucket/b.jpg,cat,.1,.2,.5,.2,.5,.9,.1,.9\n",
        "bucket/a.jpg": "", "bucket/b.jpg": ""},
    "VisDrone": {
        "set-train/annotations/a.txt": "5,6,20,30,1,4,0,1\n", "set-train/images/a.jpg": "",
        "set-test/annotations/b.txt": "5,6,20,30,1,4,0,0,\n", "set-test/images/b.jpg": ""},
    "DOTA": {
        "train/labelTxt/a.txt": "imagesource:GoogleEarth\ngsd:0.1\n5 6 25 6 25 36 5 36 cat 0\n",
        "train/images/a.png": "",
        "test/labelTxt/b.txt": "5.0 6.0 25.0 6.0 25.0 36.0 5.0 36.0 cat 1\n",
        "test/images/b.png": ""},
    "WIDER FACE": {
        "wider_face_split/wider_face_train_bbx_gt.txt":
            "0--Parade/a.jpg\n1\n5 6 20 30 0 0 0 0 0 0 \n",
        "wider_face_split/wider_face_test_bbx_gt.txt":
            "0--Parade/b.jpg\n1\n5 6 20 30 0 0 0 0 0 0 \n",
        "WIDER_train/images/0--Parade/a.jpg": "", "WIDER_test/images/0--Parade/b.jpg": ""},
    "CSV with a box a row": {
        "data/train_labels.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\n", "images/train/a.jpg": "",
        "data/test_labels.csv": HEADER + "b.jpg,56,40,cat,5,6,25,36\n", "images/test/b.jpg": ""},
}
OPEN_IMAGES = "ImageID,LabelName,XMin,XMax,YMin,YMax\n{},cat,.1,.5,.2,.9\n"


def changed_coco(change) -> str:
    tree = json.loads(coco("a.jpg", "b.jpg"))
    change(tree)
    return json.dumps(tree)
