// SPDX-License-Identifier: GPL-3.0-or-later
//
// The token that the views of the text go along with, and playing: stepping from token to token by itself.
#pragma once

#include "views/session/session.h"
#include "views/tokens/data/kept_tokens.h"

#include <QObject>
#include <QTimer>

namespace expertscope {

/// One a session, shared by its views. What is shown of playing follows from here() and start() alone. Steps go from
/// one token that the filters keep to the next.
class TokenCursor final : public QObject
{
    Q_OBJECT
public:
    /// That of a session, made by whoever asks first.
    static TokenCursor& of(Session& session);

    /// The tokens that the filters leave; null: not known yet, or none.
    const KeptTokensPtr& kept() const { return m_kept; }
    /// Why there are none; nothing: there are, or they are being found.
    const std::optional<Error>& error() const { return m_error; }
    bool looking() const { return m_tracker.running(); }

    std::optional<TokenIndex> here() const { return m_here; }
    /// Where playing began, or the cursor was put last; never behind here().
    std::optional<TokenIndex> start() const { return m_start; }
    /// Puts it there, which begins anew. Beyond the trace: nowhere.
    void put(std::optional<TokenIndex> token);
    /// Kept tokens on, or back. False: there is none, it stays. Before the start it begins anew.
    bool step(int by);
    /// The site whose router the views show.
    SiteIndex site() const { return m_site; }
    void setSite(SiteIndex site);

    static constexpr int kSlowest = 1, kFastest = 30; ///< tokens a second
    bool playing() const { return m_timer.isActive(); }
    /// From the first kept token where it is nowhere; stops by itself at the end.
    void setPlaying(bool playing);
    int speed() const { return m_speed; }
    void setSpeed(int tokensPerSecond);

signals:
    void keptChanged();
    void moved(); ///< here(), start() or site()
    void playingChanged(); ///< or its speed

private:
    explicit TokenCursor(Session& session);
    void ask();

    Session& m_session;
    QStringList m_paths; ///< of the trace that it stands in
    KeptTokensPtr m_kept;
    std::optional<Error> m_error;
    std::optional<TokenIndex> m_here, m_start;
    SiteIndex m_site;
    int m_speed = 8;
    QTimer m_timer;
    JobTracker m_tracker;
};

}
