// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/trace_findings.h"

#include "app/cli/terminal/progress.h"
#include "io/base/grouped.h"
#include "io/base/text.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace expertscope {

Expected<TraceCheck> checkWithProgress(const std::filesystem::path& path)
{
    const TerminalProgress progress;
    return checkTrace(path, progress.callback());
}

std::string findingsText(const TraceCheck& check)
{
    std::string text;
    for (const TraceFinding& finding : check.findings) {
        text += "found            " + printable(finding.where) + ": " + printable(finding.what);
        if (finding.count > 1)
            text += ", " + grouped(finding.count) + " times";
        if (!finding.first.empty())
            text += (finding.count > 1 ? ", first at " : ": ") + printable(finding.first);
        text += '\n';
    }
    if (check.fewerChoices > 0)
        text += "fewer choices    " + grouped(check.fewerChoices) + " of " + grouped(check.pairs)
            + " (token, site) pairs filled fewer slots than top k; closed forms of uniform that need all are left out\n";
    if (check.findings.empty())
        text += "check            nothing contradicts the format or itself\n";
    return text;
}

nlohmann::ordered_json findingsJson(const TraceCheck& check)
{
    auto findings = nlohmann::ordered_json::array();
    for (const TraceFinding& finding : check.findings)
        findings.push_back({{"where", finding.where}, {"what", finding.what}, {"count", finding.count},
            {"first", finding.first}});
    return {{"findings", std::move(findings)}, {"pairs", check.pairs}, {"fewer_choices", check.fewerChoices}};
}

int findingsStatus(const std::string& command, const std::string& file, const TraceCheck& check)
{
    if (check.findings.empty())
        return 0;
    const Error error{check.findings.size() == 1 ? "something in it is wrong"
                                                 : std::to_string(check.findings.size()) + " things in it are wrong",
        file, {}};
    std::fprintf(stderr, "expertscope %s: %s\n", command.c_str(), error.message().c_str());
    return 1;
}

}
