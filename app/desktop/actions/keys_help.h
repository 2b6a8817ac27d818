// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QMainWindow;

namespace expertscope {

class View;

/// Shows the keys of a view (null: of none) and those of the window's actions; the window stays usable beside it.
void showKeys(QMainWindow& window, const View* view);

/// The same way: what its numbers are.
void showDefinition(QMainWindow& window, const View* view);

}
