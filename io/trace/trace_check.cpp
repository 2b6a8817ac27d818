// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_check.h"

#include "io/trace/check/check_routing.h"
#include "io/trace/check/check_tables.h"
#include "io/trace/check/check_tokens.h"

namespace expertscope {

Expected<TraceCheck> checkTrace(const std::filesystem::path& path, const std::function<bool(double)>& goOn)
{
    ES_ASSIGN(const auto trace, openTrace(path));
    ES_ASSIGN(const auto summary, readSummary(trace));
    Findings findings;
    TraceCheck check;
    // Where the time goes: a few numbers a token, then some for each of its choices.
    const double tokensEnd = 1.0 / (1.0 + static_cast<double>(summary.sites.size()));
    const auto part = [&](double from, double to) {
        return [&goOn, from, to](double done) { return !goOn || goOn(from + (to - from) * done); };
    };
    ES_TRY(checkTables({trace, summary, findings, part(0, 0)}));
    ES_TRY(checkTokens({trace, summary, findings, part(0, tokensEnd)}));
    ES_TRY(checkRouting({trace, summary, findings, part(tokensEnd, 1)}, check));
    check.findings = findings.take();
    return check;
}

}
