// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/trace_check.h"
#include "io/trace/trace_tables.h"

#include <functional>

namespace expertscope {

/// What was found so far: of each kind how often, and where first.
class Findings
{
public:
    /// `first` is asked for the place of the first one only.
    template <class Place> void add(const std::string& where, const std::string& what, Place first)
    {
        TraceFinding& finding = of(where, what);
        if (finding.count++ == 0)
            finding.first = first();
    }
    void add(const std::string& where, const std::string& what) { ++of(where, what).count; }
    /// What could not be read; `file` is taken out of the place, which the others do not name either.
    void add(const Error& error, const std::string& file);

    std::vector<TraceFinding> take() { return std::move(m_list); }

private:
    TraceFinding& of(const std::string& where, const std::string& what);
    std::vector<TraceFinding> m_list; ///< few kinds: looked through
};

/// What all checks of one trace share.
struct CheckedTrace
{
    const OpenTrace& trace;
    const TraceSummary& summary;
    Findings& findings;
    std::function<bool(double)> goOn; ///< of the check at hand, from 0 to 1

    /// A finding where it fails.
    template <class T> bool good(const Expected<T>& result) const
    {
        if (!result)
            findings.add(result.error(), trace.name);
        return result.has_value();
    }
};

/// What a check that was cancelled fails with.
tl::unexpected<Error> checkCancelled(const CheckedTrace& trace);

}
