// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <QStringList>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace expertscope {

/// What the window shows while no trace is open: what to do, that one is being read, or why it cannot be shown.
class StartPage final : public QWidget
{
    Q_OBJECT
public:
    explicit StartPage(QWidget* parent = nullptr);

    void showWelcome(const QStringList& recent);
    void showReading(const QStringList& paths);
    void showError(const Error& error);

signals:
    void openRequested();
    void openFile(const QString& path);
    void cancelRequested();

private:
    QStackedWidget* m_pages = nullptr;
    QWidget* m_recent = nullptr; ///< links to the traces opened lately
    QVBoxLayout* m_recentLayout = nullptr;
    QLabel *m_reading = nullptr, *m_error = nullptr;
    QPushButton *m_open = nullptr, *m_another = nullptr;
};

}
