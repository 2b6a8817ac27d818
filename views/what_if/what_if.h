// SPDX-License-Identifier: GPL-3.0-or-later
//
// The what-if that all views of a window share: the configuration, the one it is compared with, and the table in which
// both are looked up.
#pragma once

#include "views/session/session.h"
#include "views/what_if/configuration.h"
#include "views/what_if/resting_steps.h"

namespace expertscope {

class WhatIf final : public QObject
{
    Q_OBJECT
public:
    /// That of a session: made when it is first asked for, and gone with it.
    static WhatIf& of(Session& session);

    const Configuration& now() const { return m_now; }
    /// At once; a step to undo once it rests (a drag is one step).
    void change(const Configuration& configuration, const QString& what);
    /// The step of what was changed, now: a drag has ended.
    void settle();
    /// No step: of a workspace.
    void restore(const Configuration& now, const std::optional<Configuration>& kept);

    /// The configuration that the present one is compared with; none: nothing is.
    const std::optional<Configuration>& kept() const { return m_kept; }
    void keep(); ///< the present one; a step to undo
    void dropKept();

    /// Null: not known (yet).
    const CacheTablePtr& table() const { return m_mine.table; }
    /// That of the kept one; the same where they differ in nothing that is simulated. Null: nothing is kept, or not known (yet).
    CacheTablePtr keptTable() const;
    const std::optional<Error>& error() const { return m_mine.error; }
    bool waits() const;
    /// Of how many sequences the tables are (the smaller sample of the two), while those of all are on their way; 0: of all.
    std::uint32_t sample() const;
    /// A view is seen and needs the table: asks if it is not there.
    void need();
    bool stop();
    /// The tokens that are served: the window's filters, and the phase.
    Scope scope() const;

    Session& session() const { return m_session; }

signals:
    void changed(); ///< the configuration: look up anew
    void turned(); ///< after it was changed by hand, undone or redone: not by a workspace or another trace
    void tableChanged(); ///< another table, an error, or on the way to one
    void progressed(double fraction);

private:
    struct Chosen
    {
        Configuration now;
        std::optional<Configuration> kept;

        bool operator==(const Chosen&) const = default;
    };
    explicit WhatIf(Session& session);
    void set(const Chosen& chosen);
    /// What is known of one configuration.
    struct Known
    {
        QObject* asker = nullptr;
        CacheTablePtr table = {};
        std::uint32_t sample = 0; ///< the table is of so many sequences; 0: of all
        std::optional<Error> error = {};
    };
    bool keptApart() const; ///< the kept configuration needs a table of its own
    void forget(); ///< other tokens
    void ask();
    std::uint32_t sampleFirst() const;
    void askKnown(Known& known, const Configuration& configuration, std::uint32_t sample);
    void askTable(QObject* asker, const Configuration& configuration, std::uint32_t sample,
        std::function<void(const Expected<CacheTablePtr>&)> deliver);

    Session& m_session;
    Configuration m_now;
    std::optional<Configuration> m_kept;
    RestingSteps<Chosen> m_steps;
    Known m_mine, m_other; ///< of the present configuration; of the kept one, where that is simulated otherwise
    bool m_asked = false, m_needed = false;
};

}
