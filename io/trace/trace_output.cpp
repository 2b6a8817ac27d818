// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_output.h"

#include "io/trace/hdf5_file_driver.h"
#include "io/trace/trace_schema.h"

namespace expertscope {

namespace {

bool isTrace(const std::filesystem::path& path)
{
    return hdf5::isOfFormat(path.string(), kTraceFormat);
}

}

FileKind traceKind()
{
    return {.name = "a trace", .recognises = isTrace, .repeatable = false, .needsFile = true};
}

Expected<void> checkTraceOutput(Output output, bool resume)
{
    output.kind = traceKind();
    const bool mayReplace = output.force;
    output.force |= resume; // whether it is the trace that is to go on is asked of its contents
    ES_TRY(checkOutput(output));
    Output journal = output;
    journal.path = journalPath(output.path);
    journal.force = true; // whether it is one is asked when it is opened
    ES_TRY(checkOutput(journal));
    std::error_code ignored;
    if (!mayReplace && !resume && std::filesystem::exists(journal.path, ignored))
        return fail("an interrupted run lies here", journal.path.string(), "--force starts anew");
    return {};
}

}
