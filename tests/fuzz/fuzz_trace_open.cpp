// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes as a trace, or as a journal when they begin like one: open, summary, read a block of each site.
#include "bytes_as_file.h"

#include "io/trace/journal.h"
#include "io/trace/trace_file.h"

#include <string>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const testing::BytesAsFile file(data, size);
    if (size >= 8 && std::string(reinterpret_cast<const char*>(data), 8) == "ESJOURN\n") {
        if (const auto journal = Journal::open(file.path(), Journal::Access::MustExist); journal && journal->record())
            (void)storedTokens(journal->index(), journal->geometry(), true, true);
    } else {
        (void)TraceFile::summary(file.path());
        if (const auto trace = TraceFile::open(file.path())) {
            const auto& shape = (*trace)->shape();
            BlockBuffer buffer;
            for (std::uint16_t site = 0; site < shape.sites.size() && site < 4; ++site) {
                const auto end = std::min<std::uint64_t>(shape.numTokens, 100);
                (void)(*trace)->read(SiteIndex(site), {TokenIndex(0), TokenIndex(end)}, {true, true, true, true, true}, buffer);
            }
            (void)(*trace)->tokenBytes(3);
            if ((*trace)->summary().columns.loss)
                (void)(*trace)->loss({TokenIndex(0), TokenIndex(std::min<std::uint64_t>(shape.numTokens, 10))});
        }
    }
    return 0;
}
