"""Prints what TensorBoard itself finds in a folder with an event file, as JSON."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

board = EventAccumulator(sys.argv[1])
board.Reload()
tags = board.Tags()
found = {
    "scalars": {tag: [[e.step, e.value] for e in board.Scalars(tag)] for tag in tags["scalars"]},
    "pictures": {
        tag: [[e.step, e.width, e.height, e.encoded_image_string.hex()] for e in board.Images(tag)]
        for tag in tags["images"]
    },
    "texts": {
        tag: [[e.step, e.tensor_proto.string_val[0].decode()] for e in board.Tensors(tag)]
        for tag in tags["tensors"]
    },
}
print(json.dumps(found))
