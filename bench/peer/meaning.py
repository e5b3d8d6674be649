"""Searches the same vectors with usearch and the same titles with tantivy, one thread, and prints how long.

Arguments: folder with vectors.f32, queries.f32 (little-endian, width given), titles.txt, words.txt; the width.
"""

import json
import pathlib
import sys
import time

folder, width = pathlib.Path(sys.argv[1]), int(sys.argv[2])


def percentiles(latencies):
    latencies.sort()
    return [latencies[len(latencies) // 2] * 1000, latencies[int(len(latencies) * 0.99)] * 1000]


def nearest():
    import numpy
    from usearch.index import Index

    vectors = numpy.fromfile(folder / "vectors.f32", dtype="<f4").reshape(-1, width)
    queries = numpy.fromfile(folder / "queries.f32", dtype="<f4").reshape(-1, width)
    index = Index(ndim=width, metric="cos", dtype="i8")
    began = time.perf_counter()
    index.add(numpy.arange(len(vectors)), vectors, threads=2)
    built = time.perf_counter() - began
    latencies, held = [], 0.0
    for query in queries:
        began = time.perf_counter()
        found = index.search(query, 20, threads=1)
        latencies.append(time.perf_counter() - began)
        similarities = vectors @ query
        tenth = numpy.partition(similarities, -10)[-10]
        held += float((similarities[found.keys[:10]] >= tenth - 1e-3).sum()) / 10
    p50, p99 = percentiles(latencies)
    return {"p50_ms": p50, "p99_ms": p99, "recall": held / len(queries), "build_s": built}


def words():
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("title", stored=True, tokenizer_name="default")
    index = tantivy.Index(builder.build())
    writer = index.writer(128_000_000, 1)
    for title in (folder / "titles.txt").read_text().splitlines():
        writer.add_document(tantivy.Document(title=title))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    latencies = []
    for line in (folder / "words.txt").read_text().splitlines():
        began = time.perf_counter()
        found = searcher.search(index.parse_query(line, ["title"]), 20)
        [searcher.doc(address) for _, address in found.hits]
        latencies.append(time.perf_counter() - began)
    p50, p99 = percentiles(latencies)
    return {"p50_ms": p50, "p99_ms": p99}


print(json.dumps({"usearch": nearest(), "tantivy": words()}))
