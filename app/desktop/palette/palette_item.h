// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the command palette offers, and who knows of it: one provider a kind of thing, one line each in
// palette_providers.cpp.
#pragma once

#include <QString>

#include <functional>
#include <vector>

namespace expertscope {

class MainWindow;

struct PaletteItem
{
    QString id; ///< stable: the action's, "view:chart.load", "expert:5:27", …; what was chosen lately is kept by it
    QString text;
    QString detail = {}; ///< beside it: a key, what it is
    std::function<void()> run; ///< null: `complete` only
    QString complete = {}; ///< not empty: it asks for more, and the query becomes this
    bool enabled = true;
    int score = -1; ///< of a provider that knows how well it fits; -1: fuzzyScore() of `text`
};

struct PaletteProvider
{
    QString name;
    /// All of its items that may fit: those of large kinds only as the query asks for them.
    std::function<std::vector<PaletteItem>(MainWindow& window, const QString& query)> items;
};

const std::vector<PaletteProvider>& paletteProviders();

/// Of all providers those that `query` finds, best first; among equals those of `recent` (ids, newest first), then the
/// order of the providers. Without a query: what was chosen lately, then all. At most `most`.
std::vector<PaletteItem> paletteItems(
    MainWindow& window, const QString& query, const QStringList& recent, std::size_t most = 200);

}
