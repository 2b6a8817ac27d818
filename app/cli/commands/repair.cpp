// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope repair FILE: a readable, incomplete trace of what a killed capture left.
#include "app/cli/arguments.h"
#include "app/cli/commands/trace_findings.h"
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
    // What was there or was made now is also looked through: nothing is repaired that still is wrong.
    const auto check = checkWithProgress(options.file);
    if (!check) {
        std::fprintf(stderr, "expertscope repair: %s\n", check.error().message().c_str());
        return 1;
    }
    const bool repaired = report->repaired;
    if (options.json) {
        nlohmann::ordered_json json{{"file", options.file}, {"repaired", repaired}, {"complete", report->complete},
            {"tokens_kept", report->tokensKept}, {"tokens_planned", report->tokensPlanned},
            {"bytes_dropped", report->bytesDropped}};
        json["check"] = findingsJson(*check);
        std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
        return findingsStatus("repair", options.file, *check);
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
    if (!check->findings.empty())
        std::fputs(findingsText(*check).c_str(), stdout);
    return findingsStatus("repair", options.file, *check);
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
