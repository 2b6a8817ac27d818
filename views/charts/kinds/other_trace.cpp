// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/other_trace.h"

#include "io/base/text.h"

#include <algorithm>
#include <charconv>

namespace expertscope {

Expected<std::size_t> otherTrace(const Study& study, const ChartQuestion& question)
{
    const std::string& given = question.params.text(kAgainstTrace);
    const auto& traces = study.traces();
    auto found = std::size_t(std::ranges::find(traces, given, &NamedTrace::name) - traces.begin());
    std::size_t place = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), place);
    if (found == traces.size() && error == std::errc() && end == given.data() + given.size())
        found = place - 1; // 0 wraps to what there is not
    const std::string where = std::string(kAgainstTrace) + '=' + given;
    if (found >= traces.size()) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < traces.size(); ++i)
            names.push_back(std::to_string(i + 1) + " (" + traces[i].name + ")");
        return fail(traces.size() < 2 ? "one trace was opened: there is no other" : "no such trace", where,
            "there is: " + joined(names));
    }
    if (found == question.trace)
        return fail("a trace is not compared with itself", where, "name the other one");
    return found;
}

}
