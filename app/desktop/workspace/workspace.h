// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a window stands, as a file (*.expertscope.json): traces by reference, what is kept of them, what is pinned, which
// views are shown, with their options. Plain data and its JSON.
#pragma once

#include "analysis/study/expert_sets.h"
#include "views/figure/figure_spec.h"
#include "views/panels/view.h"
#include "views/session/filter_stack.h"

#include <QJsonObject>

namespace expertscope {

struct WorkspaceView
{
    QString id; ///< of viewRegistry(); "chart.load#2": a duplicate
    ViewPlace place = ViewPlace::Centre;
    bool shown = true;
    QJsonObject state = {}; ///< View::state()

    bool operator==(const WorkspaceView&) const = default;
};

struct Workspace
{
    QString title;
    std::vector<TraceRef> traces; ///< paths as seen from the file
    std::vector<FilterStep> filters;
    std::vector<Subject> pins;
    NamedExpertSets sets;
    std::vector<WorkspaceView> views; ///< tabs in order, then docks
    QString current; ///< the tab in front
    QByteArray docks; ///< sizes and places, as Qt keeps them; empty: as the views say
    bool narrow = false; ///< of a window without side columns

    bool operator==(const Workspace&) const = default;
};

/// Errors name the first key that is wrong; nothing unknown, mistyped or newer than this program passes.
Expected<Workspace> parseWorkspace(const QByteArray& json, const QString& source);
QByteArray writeWorkspace(const Workspace& workspace);

/// Errors: not there, too large; those of parseWorkspace().
Expected<Workspace> readWorkspace(const QString& path);
/// Never replaces what is no workspace.
Expected<void> saveWorkspace(const Workspace& workspace, const QString& path);
/// By its first bytes.
bool isWorkspace(const QString& path);

inline constexpr const char* kWorkspaceSuffix = ".expertscope.json";

}
