# SPDX-License-Identifier: MIT
# Runs at installation, with CMAKE_INSTALL_PREFIX and DOCKHOST_CONF set.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(folder "/etc/dockhost")
else()
  set(folder "${CMAKE_INSTALL_PREFIX}/etc/dockhost")
endif()
# file(INSTALL) puts DESTDIR before an absolute destination by itself; the other commands don't.

# What an administrator has written stays; the new defaults then stand beside it.
if(EXISTS "$ENV{DESTDIR}${folder}/dockhost.toml")
  file(INSTALL "${DOCKHOST_CONF}/dockhost.toml" DESTINATION "${folder}" RENAME dockhost.toml.new)
else()
  file(INSTALL "${DOCKHOST_CONF}/dockhost.toml" DESTINATION "${folder}")
endif()
file(INSTALL "${DOCKHOST_CONF}/.env.example" DESTINATION "${folder}" RENAME node.env.example)

file(READ "${DOCKHOST_CONF}/dockhost-node.service" unit)
string(REPLACE "/usr/bin/dockhost" "${CMAKE_INSTALL_PREFIX}/bin/dockhost" unit "${unit}")
string(REPLACE "/usr/share/doc" "${CMAKE_INSTALL_PREFIX}/share/doc" unit "${unit}")
string(REPLACE "/etc/dockhost" "${folder}" unit "${unit}")
set(unit_file "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/dockhost-node.service")
message(STATUS "Installing: ${unit_file}")
file(WRITE "${unit_file}" "${unit}")
