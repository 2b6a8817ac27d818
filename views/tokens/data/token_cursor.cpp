// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/token_cursor.h"

#include <algorithm>

namespace expertscope {

TokenCursor& TokenCursor::of(Session& session)
{
    if (auto* known = session.findChild<TokenCursor*>(QString(), Qt::FindDirectChildrenOnly))
        return *known;
    return *new TokenCursor(session);
}

TokenCursor::TokenCursor(Session& session)
    : QObject(&session)
    , m_session(session)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    setSpeed(m_speed);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        if (!step(1))
            setPlaying(false);
    });
    m_paths = session.paths();
    connect(&session, &Session::opened, this, [this] {
        setPlaying(false);
        m_kept.reset();
        if (!m_session.sameTrace() && m_paths != m_session.paths()) { // else it was read again
            m_here.reset();
            m_start.reset();
            m_site = SiteIndex(0);
        }
        m_paths = m_session.paths();
        emit moved();
        ask();
    });
    connect(&session, &Session::traceChosen, this, [this] { // whose tokens are others
        setPlaying(false);
        m_kept.reset();
        m_here.reset();
        m_start.reset();
        emit moved();
    });
    connect(&session.filters(), &FilterStack::changed, this, &TokenCursor::ask);
    ask();
}

void TokenCursor::ask()
{
    m_tracker.cancel();
    if (!m_session.study() || !m_session.filters().shape()) {
        m_kept.reset();
        m_error.reset();
        emit keptChanged();
        return;
    }
    // opened() comes after the filters know the new trace: what they say before it is about the same study.
    m_tracker.start([this, study = m_session.study(), trace = m_session.mainSide().trace(), scope = m_session.filters().scope()](
                        const JobTracker::Handle& handle) -> JobTracker::Delivery {
        auto kept = KeptTokens::of(study, trace, scope, [&handle](double) { return !handle.cancelled(); });
        return [this, kept = std::move(kept)] {
            m_error.reset();
            m_kept.reset();
            if (kept)
                m_kept = *kept;
            else
                m_error = kept.error();
            if (m_here && m_here->value >= m_session.shape().numTokens)
                put({});
            emit keptChanged();
        };
    });
}

void TokenCursor::put(std::optional<TokenIndex> token)
{
    if (token && (!m_session.study() || token->value >= m_session.shape().numTokens))
        token.reset();
    if (token == m_here && token == m_start)
        return;
    m_here = m_start = token;
    emit moved();
}

bool TokenCursor::step(int by)
{
    if (!m_kept)
        return false;
    if (!m_here) {
        put(m_kept->next(TokenIndex(0)));
        return m_here.has_value();
    }
    TokenIndex at = *m_here;
    for (int i = 0; i < std::abs(by); ++i) {
        if (by < 0 && at.value == 0)
            return false;
        const auto further =
            by > 0 ? m_kept->next(TokenIndex(at.value + 1)) : m_kept->previous(TokenIndex(at.value - 1));
        if (!further)
            return false;
        at = *further;
    }
    if (!m_start || at < *m_start)
        m_start = at;
    m_here = at;
    emit moved();
    return true;
}

void TokenCursor::setSite(SiteIndex site)
{
    if (site == m_site)
        return;
    m_site = site;
    emit moved();
}

void TokenCursor::setPlaying(bool playing)
{
    if (playing == m_timer.isActive())
        return;
    if (playing) {
        if (!m_here && !step(1))
            return;
        m_timer.start();
    } else {
        m_timer.stop();
    }
    emit playingChanged();
}

void TokenCursor::setSpeed(int tokensPerSecond)
{
    m_speed = std::clamp(tokensPerSecond, kSlowest, kFastest);
    m_timer.setInterval(1000 / m_speed);
    emit playingChanged();
}

}
