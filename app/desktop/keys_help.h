// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QWidget;

namespace expertscope {

/// Shows the keys of the views; the window stays usable beside it.
void showKeys(QWidget* window);

}
