// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/followed_cache.h"

#include "views/what_if/what_if.h"

#include <QTimer>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kRestMs = 150; ///< a drag that stands still for so long is followed

}

void followCache(Session& session, ChartState& state, QObject* owner)
{
    const std::vector<std::string>& options = state.chart().ofCache;
    if (options.empty())
        return;
    const WhatIf& whatIf = WhatIf::of(session);
    auto* const rest = new QTimer(owner);
    rest->setSingleShot(true);
    rest->setInterval(kRestMs);
    QObject::connect(&whatIf, &WhatIf::turned, rest, qOverload<>(&QTimer::start));
    QObject::connect(rest, &QTimer::timeout, owner, [&whatIf, &state, &options] {
        const Configuration& now = whatIf.now();
        if (std::ranges::find(options, "policy") != options.end())
            (void)state.follow("policy", now.policy);
        if (now.capacity > 0 && std::ranges::find(options, "capacity") != options.end())
            (void)state.follow("capacity", std::to_string(now.capacity));
    });
}

}
