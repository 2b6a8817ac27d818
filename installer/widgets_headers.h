// SPDX-License-Identifier: GPL-3.0-or-later
//
// What most files with widgets include anyway, precompiled once (expertscope_library.cmake). Files still include what they use.
#pragma once

#include "qt_headers.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMainWindow>
#include <QMenu>
#include <QMouseEvent>
#include <QPushButton>
#include <QSettings>
#include <QTimer>
#include <QVBoxLayout>
#include <QWidget>
