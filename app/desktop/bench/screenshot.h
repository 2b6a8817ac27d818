// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <QObject>
#include <QString>
#include <QTimer>

namespace expertscope {

class MainWindow;

/// Once all that is seen is computed: writes a picture of the window and quits.
class Screenshot final : public QObject
{
    Q_OBJECT
public:
    /// `force`: replaces what is at `file`, whatever it is.
    Screenshot(MainWindow& window, const QString& file, bool force);

private:
    void look();
    Expected<void> save() const;

    MainWindow& m_window;
    QString m_file;
    bool m_force;
    QTimer m_timer;
};

}
