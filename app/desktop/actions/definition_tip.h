// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QTimer;

namespace expertscope {

class MainWindow;

/// While Shift is held and the mouse rests on a view, its title or its tab: what its numbers are.
class DefinitionTip final : public QObject
{
    Q_OBJECT
public:
    explicit DefinitionTip(MainWindow& window);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void show();

    MainWindow& m_window;
    QTimer* m_rest = nullptr;
};

}
