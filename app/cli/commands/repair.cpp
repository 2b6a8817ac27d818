// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope repair FILE: a readable, incomplete trace of what a killed capture left.
#include "app/cli/arguments.h"
#include "io/trace/trace_writer.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace expertscope {

namespace {

struct Options
{
    std::string file; ///< the trace, not its journal
    bool json = false;
};

int run(const Options& options)
{
    const auto report = repairTrace(options.file);
    if (!report) {
        std::fprintf(stderr, "expertscope repair: %s\n", report.error().message().c_str());
        return 1;
    }
    const bool repaired = report->repaired;
    if (options.json) {
        const nlohmann::json json{{"file", options.file}, {"repaired", repaired}, {"complete", report->complete},
            {"tokens_kept", report->tokensKept}, {"tokens_planned", report->tokensPlanned},
            {"bytes_dropped", report->bytesDropped}};
        std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
        return 0;
    }
    const auto kept = static_cast<unsigned long long>(report->tokensKept);
    const auto planned = static_cast<unsigned long long>(report->tokensPlanned);
    if (report->wasComplete)
        std::printf("%s: complete, nothing to repair (%llu tokens)\n", options.file.c_str(), kept);
    else if (!repaired)
        std::printf(
            "%s: nothing to repair: readable, incomplete (%llu of %llu tokens)\n", options.file.c_str(), kept, planned);
    else
        std::printf("%s: repaired, %llu of %llu tokens%s\n", options.file.c_str(), kept, planned,
            report->complete ? ", complete" : "; capture --resume goes on with it");
    return 0;
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("FILE", options->file, "the trace that was to be written (FILE.part lies beside it)").required();
    arguments.flag("--json", options->json, "for programs");
    return [options] { return run(*options); };
}

}

Command repairCommand()
{
    return {"repair", "Make a readable trace of what a killed capture left", declare};
}

}
