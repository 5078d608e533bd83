# Defines the target covey::covey.
get_filename_component(_covey_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET covey::covey)
  add_library(covey::covey SHARED IMPORTED)
  set_target_properties(covey::covey PROPERTIES
    IMPORTED_LOCATION "${_covey_prefix}/lib/libcovey.so.1"
    IMPORTED_SONAME "libcovey.so.1"
    INTERFACE_INCLUDE_DIRECTORIES "${_covey_prefix}/include")
endif()
unset(_covey_prefix)
