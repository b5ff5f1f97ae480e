"""One explainer in a process of its own: `peer.py NAME MODEL THREADS`, a JSON object a line in and out.

in:  {"photo": path, "boxes": [[x1, y1, x2, y2] in pixels of the photo], "classes": [n], "forwards": n, "seed": n}
out: {"seconds", "forwards", "shape": [targets, height, width], "maps": base64 of float32}, over the whole photo
First it says who it is: {"name", "explains", "way"}. Times are from the file's bytes to the finished maps.
"""

import base64
import importlib
import json
import sys
from time import perf_counter

import numpy as np

from network import Network, Photo, Targets


def answer(peer, network, asked):
    with open(asked['photo'], 'rb') as file:
        data = file.read()
    network.forwards = 0
    start = perf_counter()
    photo = Photo(data, network)
    targets = Targets(asked['boxes'], asked['classes'], photo, network.family)
    maps = peer.explain(photo, targets, asked['forwards'], asked['seed'])
    seconds = perf_counter() - start
    maps = np.ascontiguousarray(maps, '<f4')
    text = base64.b64encode(maps.tobytes()).decode()
    return {'seconds': seconds, 'forwards': network.forwards, 'shape': maps.shape, 'maps': text}


def main(name: str, model: str, threads: str):
    out = sys.stdout
    sys.stdout = sys.stderr
    network = Network(model, int(threads))
    peer = importlib.import_module(f'{name}_peer').Peer(network)
    say = lambda what: print(json.dumps(what), file=out, flush=True)
    way = getattr(peer, 'way', network.way)
    say({'name': peer.name, 'explains': peer.explains, 'way': way})
    for line in sys.stdin:
        say(answer(peer, network, json.loads(line)))


main(*sys.argv[1:])
