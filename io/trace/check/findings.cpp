// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/check/findings.h"

#include <algorithm>

namespace expertscope {

TraceFinding& Findings::of(const std::string& where, const std::string& what)
{
    const auto found = std::ranges::find_if(
        m_list, [&](const TraceFinding& finding) { return finding.where == where && finding.what == what; });
    if (found != m_list.end())
        return *found;
    m_list.push_back({where, what, 0, {}});
    return m_list.back();
}

void Findings::add(const Error& error, const std::string& file)
{
    // "trace.h5: dataset 'routing/margin': chunk at row 0, site 3" -> the dataset, and what is left as the place.
    std::string where = error.where.starts_with(file) ? error.where.substr(file.size()) : error.where;
    while (where.starts_with(':') || where.starts_with(' '))
        where.erase(0, 1);
    std::string place;
    if (const auto open = where.find('\''), close = where.find('\'', open + 1); close != std::string::npos) {
        place = where.substr(std::min(close + 3, where.size()));
        where = where.substr(open + 1, close - open - 1);
    }
    // How chunks are damaged differs from one to the next: one kind, or a list without end.
    if (place.starts_with("chunk "))
        return add(where, "a chunk cannot be read", [&] { return place.substr(9) + ": " + error.what; });
    add(where.empty() ? "file" : where, place.empty() ? error.what : place + ": " + error.what);
}

tl::unexpected<Error> checkCancelled(const CheckedTrace& trace)
{
    return fail("cancelled", trace.trace.name);
}

}
