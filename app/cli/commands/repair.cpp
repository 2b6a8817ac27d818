// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/repair.h"

#include "io/trace/trace_writer.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace expertscope {

int runRepair(const RepairCommand& command)
{
    const auto report = repairTrace(command.file);
    if (!report) {
        std::fprintf(stderr, "expertscope repair: %s\n", report.error().message().c_str());
        return 1;
    }
    const bool repaired = report->repaired;
    if (command.json) {
        const nlohmann::json json{{"file", command.file}, {"repaired", repaired}, {"complete", report->complete},
            {"tokens_kept", report->tokensKept}, {"tokens_planned", report->tokensPlanned},
            {"bytes_dropped", report->bytesDropped}};
        std::printf("%s\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
        return 0;
    }
    const auto kept = static_cast<unsigned long long>(report->tokensKept);
    const auto planned = static_cast<unsigned long long>(report->tokensPlanned);
    if (report->wasComplete)
        std::printf("%s: complete, nothing to repair (%llu tokens)\n", command.file.c_str(), kept);
    else if (!repaired)
        std::printf(
            "%s: nothing to repair: readable, incomplete (%llu of %llu tokens)\n", command.file.c_str(), kept, planned);
    else
        std::printf("%s: repaired, %llu of %llu tokens%s\n", command.file.c_str(), kept, planned,
            report->complete ? ", complete" : "; capture --resume goes on with it");
    return 0;
}

}
