// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a results file, JSON or HDF5: read, and what was read written and read again.
#include "analysis/results/result_document.h"

#include <cstdlib>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <unistd.h>

using namespace expertscope;

/// HDF5 1.10 loses small blocks when a file is damaged; ours are still watched.
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:libhdf5";
}

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
    static const std::string path = [] {
        const bool memory = access("/dev/shm", W_OK) == 0;
        return std::string(memory ? "/dev/shm" : "/tmp") + "/fuzz_results." + std::to_string(getpid());
    }();
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size) || close(fd) != 0)
        std::abort();
    auto read = readResults(path);
    unlink(path.c_str());
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
    writeResultsLatex(latex, *read, true);
    return 0;
}
