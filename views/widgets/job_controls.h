// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a view shows while it waits for an answer.
#pragma once

class QProgressBar;
class QToolButton;
class QWidget;

namespace expertscope {

/// What takes longer shows that it does; what is quicker does not flicker.
inline constexpr int kPatienceMs = 150;

/// A thin line, in thousandths.
QProgressBar* loadingBar(QWidget* parent);
/// "×": stops computing, as Esc does.
QToolButton* stopButton(QWidget* parent);

}
