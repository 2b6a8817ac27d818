// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/what_if.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Of three times as many requests the first table is of so many: all would take longer than one waits.
constexpr std::uint64_t kSampledRequests = 300'000;
constexpr std::uint32_t kLeastSequences = 8;

}

WhatIf& WhatIf::of(Session& session)
{
    if (auto* const there = session.findChild<WhatIf*>(QString(), Qt::FindDirectChildrenOnly))
        return *there;
    return *new WhatIf(session);
}

WhatIf::WhatIf(Session& session)
    : QObject(&session)
    , m_session(session)
    , m_steps(this, session.undo(), [this](const Chosen& chosen) {
        set(chosen);
        emit turned();
    })
    , m_mine{.asker = this}
    , m_other{.asker = new QObject(this)}
{
    connect(&session, &Session::opened, this, [this] {
        if (m_session.sameTrace()) { // what was found out stays until more is known
            m_asked = false;
            if (m_needed)
                ask();
            return;
        }
        Configuration fresh = m_now;
        fresh.capacity = 0; // of another model's experts
        fresh.expertBytes = fresh.denseSeconds = {};
        m_now = fresh;
        m_kept.reset();
        m_steps.restart({fresh, {}});
        forget();
        emit changed();
    });
    connect(&session.filters(), &FilterStack::changed, this, &WhatIf::forget);
    connect(&session, &Session::progressed, this, [this](QObject* asker, double fraction) {
        if (asker == this)
            emit progressed(fraction);
    });
}

void WhatIf::change(const Configuration& configuration, const QString& what)
{
    if (configuration == m_now)
        return;
    m_steps.change({configuration, m_kept}, what);
}

void WhatIf::settle()
{
    m_steps.settle();
}

void WhatIf::restore(const Configuration& now, const std::optional<Configuration>& kept)
{
    m_steps.restart({now, kept});
    set({now, kept});
}

void WhatIf::keep()
{
    m_steps.step({m_now, m_now}, "keep as A");
}

void WhatIf::dropKept()
{
    if (m_kept)
        m_steps.step({m_now, {}}, "drop A");
}

void WhatIf::set(const Chosen& chosen)
{
    const auto& [now, kept] = chosen;
    const bool other = !now.sameTable(m_now);
    const bool otherKept = kept.has_value() != m_kept.has_value() || (kept && !kept->sameTable(*m_kept));
    m_now = now;
    m_kept = kept;
    if (other || otherKept)
        m_asked = false;
    emit changed();
    if (m_needed && !m_asked)
        ask();
}

void WhatIf::forget()
{
    for (Known* const known : {&m_mine, &m_other}) {
        m_session.cancel(known->asker);
        *known = {.asker = known->asker};
    }
    m_asked = false;
    emit tableChanged();
    if (m_needed)
        ask();
}

void WhatIf::need()
{
    m_needed = true;
    if (!m_asked)
        ask();
}

bool WhatIf::keptApart() const
{
    return m_kept && !m_kept->sameTable(m_now);
}

CacheTablePtr WhatIf::keptTable() const
{
    if (!m_kept)
        return nullptr;
    return keptApart() ? m_other.table : m_mine.table;
}

std::uint32_t WhatIf::sample() const
{
    const std::uint32_t other = keptApart() ? m_other.sample : 0;
    return m_mine.sample && other ? std::min(m_mine.sample, other) : std::max(m_mine.sample, other);
}

bool WhatIf::waits() const
{
    return m_session.waits(m_mine.asker) || m_session.waits(m_other.asker);
}

bool WhatIf::stop()
{
    if (!waits())
        return false;
    m_session.cancel(m_mine.asker);
    m_session.cancel(m_other.asker);
    if (!m_mine.table)
        m_mine.error = Error{"stopped before it was computed", {}, {}};
    emit tableChanged();
    return true;
}

Scope WhatIf::scope() const
{
    return scopeOf(m_now, m_session.filters().scope());
}

void WhatIf::askTable(QObject* asker, const Configuration& configuration, std::uint32_t sample,
    std::function<void(const Expected<CacheTablePtr>&)> deliver)
{
    Scope scope = scopeOf(configuration, m_session.filters().scope());
    if (sample)
        scope.sample = sample;
    const CacheOptions options = tableOptions(configuration);
    const std::string key = "cache table " + options.admission + ' ' + options.service + ' ' + keyText(scope);
    m_session.askStudy<CacheTablePtr>(
        asker, key,
        [=](const Study& study, const Side& side, const Progress& progress) {
            return tabulateCaches(study, side.trace, options, scope, progress);
        },
        std::move(deliver));
}

void WhatIf::ask()
{
    if (!m_session.study() || !m_session.filters().shape())
        return;
    m_asked = true;
    const std::uint32_t sample = sampleFirst();
    askKnown(m_mine, m_now, sample);
    m_other = {.asker = m_other.asker};
    if (keptApart())
        askKnown(m_other, *m_kept, sample);
    else
        m_session.cancel(m_other.asker);
    emit tableChanged();
}

/// Of how many sequences the first table is to be; 0: all are few enough.
std::uint32_t WhatIf::sampleFirst() const
{
    const RoutingShape& shape = *m_session.filters().shape();
    const std::uint64_t requests = shape.numTokens * shape.numSlots * shape.sites.size();
    if (requests <= 3 * kSampledRequests || m_session.filters().scope().sample > 0)
        return 0;
    const auto share = double(kSampledRequests) / double(requests);
    const std::uint32_t sample = std::max(kLeastSequences, std::uint32_t(share * double(shape.sequences.size())));
    return sample < shape.sequences.size() ? sample : 0;
}

/// The table of a sample first, if `sample` is one, then that of all; both answers of one question, which another replaces.
void WhatIf::askKnown(Known& known, const Configuration& configuration, std::uint32_t sample)
{
    known.error.reset();
    askTable(known.asker, configuration, sample, [this, &known, configuration, sample](const Expected<CacheTablePtr>& table) {
        if (table) {
            known.table = *table;
            known.sample = sample;
        } else if (sample == 0) {
            known = {.asker = known.asker, .error = table.error()};
        }
        if (sample > 0)
            askKnown(known, configuration, 0);
        emit tableChanged();
    });
}

}
