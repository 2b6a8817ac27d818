// SPDX-License-Identifier: GPL-3.0-or-later
//
// make_test_trace OUT.h5 OUT.bin: a small trace with every column, and the values that went into it, plain: ids u16
// [T, M, K], weights f32 [T, M, K], entropy f32 [T, M], logits f32 [T, M, E], loss f32 [T], token ids i32 [T].
#include "tests/io/trace/trace_fixture.h"

#include <cstdio>
#include <fstream>

using namespace expertscope;
using namespace expertscope::fixture;

int main(int argc, char** argv)
{
    if (argc != 3)
        return 2;
    const auto r = make({.tokens = 5000, .sites = {{16, 4}, {8, 2}}, .logits = true, .loss = true, .seed = 4});
    const auto write = [&]() -> Expected<void> {
        ES_ASSIGN(const auto writer, TraceWriter::create(argv[1], r.plan));
        ES_TRY(feedTokenMajor(*writer, r, 700));
        return writer->finish(true);
    };
    if (const auto status = write(); !status) {
        std::fprintf(stderr, "%s\n", status.error().message().c_str());
        return 1;
    }
    std::ofstream out(argv[2], std::ios::binary);
    const auto put = [&](const auto& v) {
        out.write(reinterpret_cast<const char*>(v.data()), std::streamsize(v.size() * sizeof v[0]));
    };
    put(r.ids);
    put(r.weights);
    put(r.entropy);
    put(r.logits);
    put(r.loss);
    for (const auto& sequence : r.plan.sequences)
        put(sequence.tokenIds);
    return out ? 0 : 1;
}
