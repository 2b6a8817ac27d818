// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/charts/chart.h"

#include <QObject>

#include <map>
#include <string>

class QUndoStack;

namespace expertscope {

/// What is chosen of one chart in one place: its options and its look. Each change is a step of the undo stack.
class ChartState final : public QObject
{
    Q_OBJECT
public:
    /// `chart` must outlive it.
    ChartState(const ChartSpec& chart, QUndoStack& undo, QObject* parent = nullptr);

    const ChartSpec& chart() const { return m_chart; }
    /// Every option has a value.
    const Parameters& options() const { return m_options; }
    const Look& look() const { return m_look; }

    /// Errors: those of Parameters::check(); nothing changes then.
    Expected<void> setOption(const std::string& name, const std::string& value);
    /// As setOption(), but no step of the undo stack: it follows something that was done elsewhere.
    Expected<void> follow(const std::string& name, const std::string& value);
    void setLook(const Look& look);
    /// All at once, without a step: of a workspace, a duplicate. Options left out get their standards. Errors: those of
    /// Parameters::check(); nothing changes then.
    Expected<void> restore(const std::map<std::string, std::string>& options, const Look& look);
    /// Options that are not the standard ones.
    std::map<std::string, std::string> chosen() const;

signals:
    void changed();

private:
    class Change;
    Expected<Parameters> with(const std::string& name, const std::string& value) const;
    void push(Parameters options, Look look, const QString& text);

    const ChartSpec& m_chart;
    QUndoStack& m_undo;
    Parameters m_options;
    Look m_look;
};

}
