// SPDX-License-Identifier: GPL-3.0-or-later
//
// What most files that draw include anyway, precompiled once (expertscope_library.cmake). Files still include what they use.
#pragma once

#include "standard_headers.h"

#include <QByteArray>
#include <QColor>
#include <QDateTime>
#include <QFile>
#include <QFont>
#include <QFontMetricsF>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>
#include <QObject>
#include <QPainter>
#include <QPointer>
#include <QString>
#include <QStringList>
