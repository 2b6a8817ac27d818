// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finding in the text: a line to type into, how many there are, the next and the one before. Counts in a worker.
#pragma once

#include "views/tokens/data/token_cursor.h"
#include "views/tokens/data/token_search.h"

#include <QTimer>
#include <QWidget>

class QLineEdit;
class QToolButton;

namespace expertscope {

class ElidedLabel;

class SearchBar final : public QWidget
{
    Q_OBJECT
public:
    using Matches = std::shared_ptr<const std::vector<TokenRange>>;

    explicit SearchBar(Session& session, QWidget* parent = nullptr);

    void open(); ///< shows it, to be typed into
    void find(const QString& typed); ///< shows it with that, and goes to the next match
    void close(); ///< hides it, and its matches
    /// Goes to the next match behind the cursor, or the one before it; past the last one it goes on from the top, and
    /// says so. Where it is not found yet, once it is.
    void next(bool forward = true);

    Matches matches() const { return m_matches; } ///< null: none are shown
    std::optional<TokenRange> match() const; ///< the one gone to last
    QString status() const; ///< "3 of 214", "no matches", why not
    bool searching() const { return m_tracker.running(); }

    static constexpr std::size_t kMost = 1'000'000; ///< matches that are kept

signals:
    void changed(); ///< matches(), match()
    void closed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void search();
    void add(std::vector<TokenRange> more);
    void finish(const Expected<void>& done);
    void say(const QString& words, bool error = false);
    void sayWhere();
    void goTo(std::size_t at);

    Session& m_session;
    TokenCursor& m_cursor;
    QLineEdit* m_line = nullptr;
    QToolButton *m_regular = nullptr, *m_case = nullptr;
    ElidedLabel* m_status = nullptr;
    QTimer m_later; ///< who types on is not interrupted
    std::shared_ptr<std::vector<TokenRange>> m_found;
    Matches m_matches;
    std::optional<std::size_t> m_at;
    SiteIndex m_site; ///< of the text, when it was searched
    std::optional<bool> m_pending; ///< forward or back, once it is found
    bool m_more = false; ///< there are more than are kept
    QString m_continued; ///< that it went on from the other end
    JobTracker m_tracker;
};

}
