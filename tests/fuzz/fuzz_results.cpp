// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a results file, JSON or HDF5: read, and what was read written and read again.
#include "analysis/results/csv_writer.h"
#include "analysis/results/json_reader.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/latex_writer.h"
#include "analysis/results/result_files.h"
#include "bytes_as_file.h"

#include "analysis/results/result_document.h"

#include <cstdlib>
#include <sstream>
#include <string>

using namespace expertscope;
using namespace expertscope::results;

namespace {

std::string textOf(const ResultDocument& document)
{
    std::ostringstream out;
    writeResultsJson(out, document);
    return std::move(out).str();
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const testing::BytesAsFile file(data, size);
    auto read = readResults(file.path());
    if (!read) {
        if (read.error().message().empty())
            std::abort();
        return 0;
    }
    makeFinite(read->results);
    const std::string text = textOf(*read);
    const auto again = readResultsJson(text, "again");
    if (!again || textOf(*again) != text)
        std::abort();
    std::ostringstream csv, latex;
    writeResultsCsv(csv, *read);
    writeResultsLatex(latex, *read, {.everything = true});
    return 0;
}
