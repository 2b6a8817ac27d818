// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as what a summary says of its trace, and as a summary file: read, and what was read written and read again.
#include "analysis/study/summary.h"
#include "analysis/study/summary_shape.h"
#include "bytes_as_file.h"

#include <cstdlib>
#include <string>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto read = readSummaryShape(text, "input")) {
        const std::string written = summaryShapeText(read->summary, read->shape);
        const auto again = readSummaryShape(written, "again");
        if (!again || summaryShapeText(again->summary, again->shape) != written)
            std::abort();
    } else if (read.error().message().empty()) {
        std::abort();
    }
    const testing::BytesAsFile file(data, size);
    if (const auto trace = openSummary(file.path())) {
        for (std::size_t i = 0; i < trace->answers->size(); ++i)
            (void)trace->answers->answer(i);
    } else if (trace.error().message().empty()) {
        std::abort();
    }
    return 0;
}
