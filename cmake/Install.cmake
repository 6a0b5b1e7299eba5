# SPDX-License-Identifier: MIT
# `cmake --install BUILD --prefix X`: X/bin/dockhost, the configuration in X/etc/dockhost, the unit
# in X/lib/systemd/system, documents in X/share/doc/dockhost. With the prefix /usr the
# configuration goes to /etc.
install(TARGETS dockhost RUNTIME DESTINATION bin)
install(FILES "${CMAKE_SOURCE_DIR}/README.md" DESTINATION share/doc/dockhost)
foreach(optional CHANGELOG.md LICENSE)
  if(EXISTS "${CMAKE_SOURCE_DIR}/${optional}")
    install(FILES "${CMAKE_SOURCE_DIR}/${optional}" DESTINATION share/doc/dockhost)
  endif()
endforeach()
install(DIRECTORY "${CMAKE_SOURCE_DIR}/docs" DESTINATION share/doc/dockhost
  FILES_MATCHING PATTERN "*.md")

# The rest depends on the prefix, which is known only when the installation runs.
install(CODE "set(DOCKHOST_CONF \"${CMAKE_SOURCE_DIR}/conf\")")
install(SCRIPT "${CMAKE_CURRENT_LIST_DIR}/install_configuration.cmake")
