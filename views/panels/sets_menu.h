// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QMenu;

namespace expertscope {

class Session;

/// What can be done with named sets of experts: made of the experts that are pinned, pinned, kept, dropped, written to
/// a file and read from one. Fills the menu anew.
void fillSetsMenu(QMenu& menu, Session& session);

}
