"""Makes reference.txt: figures by pycocotools 2.0.11 and scikit-learn 1.9.1 on made-up judgements.

    python3 make_reference.py > reference.txt
"""
import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import minimize_scalar
from sklearn import metrics

rng = np.random.default_rng(7)
CLASSES, PICTURES = 3, 60


def detection_case():
    truths, said = [], []
    for picture in range(PICTURES):
        for _ in range(rng.integers(0, 4)):
            box = np.round([*rng.uniform(0, 300, 2), *rng.uniform(20, 180, 2)], 2)
            label = int(rng.integers(0, CLASSES))
            truths.append((picture, label, *map(float, box)))
            for _ in range(rng.integers(0, 3)):  # near it, at times of another class
                near = np.round(box + rng.normal(0, 9, 4), 2)
                near[2:] = np.maximum(near[2:], 5)
                wrong = rng.random() < 0.15
                said.append((picture, (label + wrong) % CLASSES, round(rng.random(), 2), *map(float, near)))
        for _ in range(rng.integers(0, 3)):
            box = np.round([*rng.uniform(0, 300, 2), *rng.uniform(20, 180, 2)], 2)
            said.append((picture, int(rng.integers(0, CLASSES)), round(rng.random() * 0.7, 2), *map(float, box)))
    return truths, said


def coco_figures(truths, said):
    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": i + 1} for i in range(PICTURES)],
        "categories": [{"id": c + 1} for c in range(CLASSES)],
        "annotations": [
            {"id": i + 1, "image_id": t[0] + 1, "category_id": t[1] + 1, "bbox": list(map(float, t[2:])),
             "area": float(t[4] * t[5]), "iscrowd": 0}
            for i, t in enumerate(truths)
        ],
    }
    coco.createIndex()
    results = coco.loadRes([
        {"image_id": s[0] + 1, "category_id": s[1] + 1, "score": s[2], "bbox": list(map(float, s[3:]))} for s in said
    ])
    run = COCOeval(coco, results, "bbox")
    run.evaluate()
    run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, 2]  # steps, recalls, classes
    return precision.mean(axis=1)


def main():
    truths, said = detection_case()
    with contextlib.redirect_stdout(io.StringIO()):
        ap = coco_figures(truths, said)
    for t in truths:
        print("truth", *t)
    for s in said:
        print("said", *s)
    for c in range(CLASSES):
        print("ap50", c, repr(float(ap[0, c])))
        print("ap50_95", c, repr(float(ap[:, c].mean())))
    positive = np.zeros(PICTURES, int)
    positive[[t[0] for t in truths]] = 1
    score = np.zeros(PICTURES)
    for s in said:
        score[s[0]] = max(score[s[0]], s[2])
    print("auc", repr(float(metrics.roc_auc_score(positive, score))))

    labels = rng.integers(0, 4, 80)
    logits = np.round(rng.normal(0, 2, (80, 4)) + 2.5 * np.eye(4)[labels], 3)
    for label, row in zip(labels, logits):
        print("logits", label, *row)
    guess = logits.argmax(axis=1)
    print("macro_f1", repr(float(metrics.f1_score(labels, guess, average="macro"))))
    print("accuracy", repr(float(metrics.accuracy_score(labels, guess))))

    def shares(temperature):
        e = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
        return e / e.sum(axis=1, keepdims=True)

    print("log_loss", repr(float(metrics.log_loss(labels, shares(1.0)))))
    best = minimize_scalar(lambda t: metrics.log_loss(labels, shares(t)), bounds=(0.1, 10), method="bounded",
                           options={"xatol": 1e-10})
    print("temperature", repr(float(best.x)))


main()
