// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be docked in the window, and the list of all of it.
#pragma once

#include <QByteArray>
#include <QString>
#include <QWidget>

#include <functional>
#include <vector>

namespace expertscope {

class ChartView;
class Session;

class View : public QWidget
{
    Q_OBJECT
public:
    using QWidget::QWidget;

    /// The chart in it, for what is done with charts (fit, export, crosshair); null: none.
    virtual ChartView* chartView() const { return nullptr; }
    /// What it points at, in one line; empty: nothing.
    virtual QString readout() const { return {}; }
    /// What the picture does not say by itself; empty: nothing.
    virtual QString note() const { return {}; }
    /// Stops what it waits for, saying so; false: it waits for nothing.
    virtual bool stop() { return false; }
    /// Opens its search; false: it has none.
    virtual bool find() { return false; }
    /// All its numbers; empty: none.
    virtual QByteArray csv() const { return {}; }

signals:
    void contentChanged(); ///< other numbers
    void readoutChanged();
    void exportRequested(); ///< of its chart
};

enum class ViewPlace
{
    Centre,
    Left,
    Right
};

struct ViewSpec
{
    QString id; ///< "chart.load": settings and actions know it by that
    QString title, tip;
    ViewPlace place = ViewPlace::Right; ///< until the user puts it elsewhere
    std::function<View*(Session&, QWidget* parent)> make;
    bool atFirst = true; ///< shown until the user chooses; the others wait in the menu
};

/// Views of their own, then one for each chart, in the order of the menus. Exactly one is in the centre.
std::vector<ViewSpec> viewRegistry();

}
