// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a trace, or as a journal when they begin like one: open, summary, read a block of each site.
#include "io/trace/journal.h"
#include "io/trace/trace_file.h"

#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace expertscope;

/// HDF5 1.10 loses small blocks when a file is damaged; ours are still watched.
extern "C" const char* __lsan_default_suppressions()
{
    return "leak:libhdf5";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    // A real path: HDF5 asks for it, so a memfd will not do.
    static const std::string path = [] {
        const bool memory = access("/dev/shm", W_OK) == 0;
        return std::string(memory ? "/dev/shm" : "/tmp") + "/fuzz_trace_open." + std::to_string(getpid());
    }();
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != static_cast<ssize_t>(size) || close(fd) != 0)
        __builtin_trap();
    if (size >= 8 && std::string(reinterpret_cast<const char*>(data), 8) == "ESJOURN\n") {
        if (const auto journal = Journal::open(path, Journal::Access::MustExist); journal && journal->record())
            (void)storedTokens(journal->index(), journal->geometry(), true, true);
    } else {
        (void)TraceFile::summary(path);
        if (const auto trace = TraceFile::open(path)) {
            const auto& shape = (*trace)->shape();
            BlockBuffer buffer;
            for (std::uint16_t site = 0; site < shape.sites.size() && site < 4; ++site) {
                const auto end = std::min<std::uint64_t>(shape.numTokens, 100);
                (void)(*trace)->read(SiteIndex(site), {TokenIndex(0), TokenIndex(end)}, {true, true, true, true, true}, buffer);
            }
            (void)(*trace)->tokenBytes(3);
            if ((*trace)->summary().hasLoss)
                (void)(*trace)->loss({TokenIndex(0), TokenIndex(std::min<std::uint64_t>(shape.numTokens, 10))});
        }
    }
    unlink(path.c_str());
    return 0;
}
