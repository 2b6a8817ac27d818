// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be docked in the window, and the list of all of it.
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <functional>
#include <vector>

namespace expertscope {

class ChartView;
class Session;
struct ChartSpec;

/// A key of a view and what it does: for its help.
struct ViewKey
{
    QString keys, what;
};

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
    /// Its own keys, beside those of the window.
    virtual std::vector<ViewKey> keys() const { return {}; }
    /// What its numbers are: definition, source, parameters, what chance gives. Rich text; empty: nothing to say.
    virtual QString definition() const { return {}; }
    /// What a workspace keeps of it, and a duplicate begins with.
    virtual QJsonObject state() const { return {}; }
    /// The other way round, no step to undo. Returns what could not be taken, a phrase each.
    virtual QStringList restore(const QJsonObject&) { return {}; }

protected:
    /// Filled by one widget, which takes the keys.
    void hold(QWidget* content);

signals:
    void contentChanged(); ///< other numbers
    void readoutChanged();
    void exportRequested(); ///< of its chart
    void actionRequested(const QString& id); ///< of the window, about this view: "edit.copyCommand"
    void duplicateRequested(const QJsonObject& state);
    void broughtBack(); ///< by the history: it is to be seen
};

enum class ViewPlace
{
    Centre, ///< a tab beside the others there
    Left,
    Right,
    Bottom
};

struct ViewSpec
{
    QString id; ///< "chart.load": settings, workspaces and actions know it by that
    QString title, tip;
    ViewPlace place = ViewPlace::Centre;
    std::function<View*(Session&, QWidget* parent)> make;
    bool atFirst = true; ///< shown until the user chooses; the others wait in the menu
    bool duplicates = false; ///< can be shown several times, each with options of its own
};

/// Charts, then views of their own, in the order of the menus. The load map is the first of the centre.
std::vector<ViewSpec> viewRegistry();

}
