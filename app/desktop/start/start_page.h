// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/start/demo_traces.h"
#include "io/base/error.h"

#include <QStringList>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace expertscope {

/// What the window shows while no trace is open: traces to begin with, what was open lately, what can be asked; that
/// one is being read; or why it cannot be shown.
class StartPage final : public QWidget
{
    Q_OBJECT
public:
    explicit StartPage(QWidget* parent = nullptr);

    /// `last`: the workspace of the last session, if it is there.
    void showWelcome(const QStringList& recent, const QString& last = {});
    void showReading(const QStringList& paths);
    void showBusy(const QString& text); ///< with a button that cancels
    void showError(const Error& error);

signals:
    void openRequested();
    void openFile(const QString& path);
    /// With a workspace; `view`: in front of it, or empty.
    void openDemo(const DemoTrace& trace, const QString& workspace, const QString& view);
    void cancelRequested();

private:
    QWidget* welcomePage();
    void fillRecent(const QStringList& recent, const QString& last);
    void fillCards();
    void ask(const Question& question);

    QStackedWidget* m_pages = nullptr;
    QWidget *m_recent = nullptr, *m_cards = nullptr, *m_try = nullptr, *m_questions = nullptr;
    QLabel *m_reading = nullptr, *m_error = nullptr;
    QPushButton *m_open = nullptr, *m_another = nullptr;
};

}
